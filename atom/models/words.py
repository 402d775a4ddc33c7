"""Words by which a reply in English announces its answer, in lower case."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NOUNS = _words(
    "answer option choice label action move decision pick play selection response reply strategy "
    "conclusion verdict recommendation"
)
"""What an answer is called."""

VERBS = _words(
    "choose choosing chosen pick picking take taking select selecting play playing do doing go going "
    "settle settling opt opting vote voting stick sticking decide deciding prefer respond reply submit "
    "submitting"
)
"""What is done with an option, in the present."""

GERUNDS = frozenset(word for word in VERBS if word.endswith("ing"))
"""Those that begin a sentence about what would come of an option as well."""

ANSWERING = _words("respond reply answer")
"""Those after which "with" names the option, and "to" what is answered."""

PAST = _words("chose picked took selected played did went decided settled opted voted")
"""The same in the past; with "have" it speaks of now."""

SOMETIME = _words("last previous previously earlier before ago round rounds yesterday past history far")
"""Words of sentences in which the past is the past."""

SIGNS = _words(": = - – — -> => →")
"""Signs that stand between what is spoken of and the option."""

COPULAS = _words("is be remains seems becomes equals") | SIGNS
"""What stands between what is spoken of and the option."""

LINKS = _words(
    "the to with for on of will would should shall must am i'm have now also just simply then finally "
    "really final best optimal own current next chosen selected preferred recommended correct right "
    "single overall safest dominant rational ideal top wise wisest better only number numbered probably "
    "definitely still here rather think believe guess conclude say want need intend plan like know feel "
    "that both always thereby well ok okay sure yes alright and but again"
)
"""Words that may stand between whoever speaks and the option."""

ADJECTIVES = _words(
    "final best optimal own current next chosen selected preferred recommended correct right single "
    "overall safest dominant rational ideal top wisest"
)
"""Those of them that say what kind of answer it is."""

PERHAPS = _words("could can might may perhaps maybe possibly")
"""Words by which an option is weighed and not chosen."""

DEDUCING = _words("so thus hence consequently accordingly therefore")
"""Words after which, within a sentence, its writer speaks."""

LEADING = _words("now then finally well ok okay sure yes alright and but overall here again") | DEDUCING
"""Words that a sentence may begin with before it comes to the point."""

I = _words("i i'll i'd i'm i've we we'll we'd let's")  # noqa: E741 - the word itself
"""Its writer, as the one who acts."""

MY = _words("my mine our")
"""Its writer, as the one whose answer it is."""

REPORTING = _words(
    "thinks expects believes predicts assumes knows hopes wants guesses suspects anticipates supposes "
    "says said think expect believe predict assume know hope want guess suspect anticipate suppose say "
    "wrote sees"
)
"""After them, "I" is the writer only where the writer thinks so."""

NOT_MINE = _words("to against of from on with what whatever which than like")
"""After them, "I" and "my" speak of something else than the answer."""

ELSEWHERE = _words("for from in as")
"""Words with which a sentence begins that says what is best for somebody else: "For Ben, the best is"."""

IMAGINING = _words("shoes perspective viewpoint standpoint")
"""Words of sentences that are said from somebody else's place."""

RETRACTING = _words("no wait actually sorry correction")
"""Words that take back what was said before, at the beginning of a sentence and before a comma."""

HEADINGS = _words("reasoning reason thought thoughts analysis explanation so me i summary note plan")
"""Before a colon, no name of somebody who speaks."""

NEGATIONS = _words("not never no nor neither avoid without cannot unlikely")

CONDITIONS = _words("if unless when whenever whether suppose supposing assuming provided had")
"""Words that make what is said hold in a case only."""

REASONS = _words("because since as for given")
"""Words after which an answer is explained, and over."""

_JOINING = _words(
    "and but or to then in here now this that which due over rather instead not with while whereas based "
    "unless at again too it is"
)
FOLLOWING = REASONS | CONDITIONS | DEDUCING | _JOINING
"""Words that may follow a digit or a letter that is an option; before any other it is none: "2 steps"."""

PRAISE = _words("best optimal correct right ideal safest dominant wisest")
"""What an option is said to be by whoever takes it."""
