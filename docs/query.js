// A question may be searched for as it is asked. Every word of a query is taken for the beginning of a word, and "I" is
// the beginning of many: words that the index leaves out are left out of the query, too.
{
  const QUERY = 2; // the kind of message by which the theme asks its worker
  const idle = new Set(
    ("a about after all also am an and any are as at be because been but by can could did do does for from get got had has " +
      "have how i if in into is it its just let like may me might more most must my no nor not of off on only or other our " +
      "own said say says should so some than that the their them then there these they this to too us use was we were what " +
      "when where which while who whom why will with would you your").split(" "),
  );
  const asked = (text) => {
    const words = text.replace(/[?!,;]+(?=\s|$)/g, "").split(/\s+/);
    const kept = words.filter((word) => word && !idle.has(word.toLowerCase()));
    return kept.length ? kept.join(" ") : text;
  };
  const send = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...rest) {
    const query = message?.type === QUERY && typeof message.data === "string";
    return send.call(this, query ? { ...message, data: asked(message.data) } : message, ...rest);
  };
}
