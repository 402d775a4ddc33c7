"""What counts as a secret among a model's options, and what is taken out of whatever is written down."""

import pytest

from atom.models.secrets import HIDDEN, is_secret, redact
from eval.cli.options import model_options

PRIVATE = "veryprivate0123456789"
TOKEN = f"eyJhbGciOi.eyJzdWIiOi.{PRIVATE}"

SECRETS = [
    *((name, PRIVATE) for name in ("hf_key", "user_key", "apikey", "pwd", "DB_PWD", "jwt", "bearer", "sig")),
    *((name, PRIVATE) for name in ("x-sig", "signature", "passphrase", "passwd", "x_signature_v2", "keys")),
    ("extra_query", {"sig": PRIVATE}),
    ("extra_body", {"auth": [{"user_key": PRIVATE}]}),
    *(
        ("api_base", f"https://host/v1?{name}={PRIVATE}")
        for name in ("key", "api-key", "access_token", "a=b&sig", "a=b&X-Amz-Signature", "api%2Dkey")
    ),
    ("api_base", f"https://host/v1#access_token={PRIVATE}"),
    ("api_base", f"https://{PRIVATE}@host/v1"),
    ("api_base", f"https://:{PRIVATE}@host/v1"),
    *(("user", f"{start}{PRIVATE}") for start in ("AIzaSy", "hf_", "ghp_", "gho_", "ghs_", "gsk_")),
    ("user", f"github_pat_{PRIVATE}"),
    ("user", TOKEN),
    ("tags", ["fine", TOKEN]),
]  # fmt: skip

HARMLESS = [
    ("max_tokens", 4096), ("max_completion_tokens", 10), ("api_version", "2024-10-21"), ("top_k", 3),
    ("tokenizer", "cl100k_base"), ("key_frames", 3), ("prompt_cache_key", "study-1"), ("top_p", 0.5),
    ("api_base", "https://host:8000/v1?api-version=2024-10-21&deployment=monkey&top_k=3"),
    ("api_base", "http://127.0.0.1:8321/v1"), ("reasoning_effort", "low"), ("signal", "x"), ("design", "y"),
    ("user", "ann@example.org"), ("stop", ["END", "a&b=c", "?"]), ("azure_deployment", "hf_hub_of_models"),
    ("extra_body", {"chat_template_kwargs": {"enable_thinking": False}, "min_tokens": 3}),
    ("user", "eyJ.short"), ("user", "https://example.org/@ann"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), SECRETS, ids=[f"{name}={value}"[:40] for name, value in SECRETS])
def test_an_option_with_a_secret_in_it_is_one(name, value):
    assert is_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"), HARMLESS, ids=[f"{name}={value}"[:40] for name, value in HARMLESS]
)
def test_other_options_are_none(name, value):
    assert not is_secret(name, value)


@pytest.mark.parametrize(
    "entry", [f"api_base=https://host/v1?key={PRIVATE}", f'extra_query={{"sig": "{PRIVATE}"}}']
)
def test_the_command_line_refuses_them_without_saying_them(entry):
    with pytest.raises(ValueError, match="holds a secret") as found:
        model_options([entry])
    assert PRIVATE not in str(found.value)


def test_a_url_is_written_down_without_its_secrets():
    url = f"https://ann:{PRIVATE}@host/v1?api-version=2024-10-21&key={PRIVATE}&top_k=3#access_token={PRIVATE}"
    assert redact(f"no answer from {url}, it says") == (
        f"no answer from https://{HIDDEN}@host/v1?api-version=2024-10-21&key={HIDDEN}&top_k=3"
        f"#access_token={HIDDEN} it says"
    )
