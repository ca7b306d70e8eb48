"""Sentences that are no smart-home command: chat (chatterbot-corpus, BSD) and requests to other assistants, written here."""

from __future__ import annotations

from importlib.resources import files

from tinylm.lm.answers import NONE
from tinylm.lm.commands import Grammar, Template
from tinylm.lm.extra import need

# Greetings are HassRespond's; the other left-out files answer questions about the assistant itself, which it takes too.
_LEFT_OUT = {"greetings.yml", "botprofile.yml"}

# The same template language as the commands; {lists} are pools of tinylm.lm.names.
NEAR = """
(send|write) [an] (email|e-mail|mail) to {person} [about {topic}]
(read|open|check) [me] my [new|last|latest] (emails|messages|mail|inbox)
(delete|forward|answer|archive) the [last] (email|message) from {person}
do i have [any] [new] (emails|messages|mail) [from {person}]
(text|message|call|phone|ring) {person} [{day}]
(text|tell) {person} that i (am|will be) (late|home soon|on my way)
what (is|do i have) on my (calendar|agenda|schedule) [{day}]
(add|put) [a] (meeting|lunch|call|appointment) with {person} (on|in|to) my calendar [{day}]
(schedule|book|plan|move|cancel) (a|the|my) (meeting|call|lunch|appointment) with {person} [{day}]
when is my (next|first|last) (meeting|appointment|call|flight) [{day}]
remind me (about {topic}|to call {person}) [{day}]
(set|create|delete) (an|my) alarm for {number} [{day}]
wake me [up] at {number} [{day}]
what is the (capital|population|currency|president|history) of {weather}
how (far|old|big|fast|heavy|deep) (is|are) {thing}
how (many|much) {food} (are|is) in a (cup|recipe|salad|cake)
how do i (cook|bake|grill|store|peel) {food}
who (invented|discovered|painted|wrote about|is afraid of) {thing}
why (is|are|do|does) {thing} (blue|famous|so loud|important|sleep)
(tell|read) me (a story|a joke|the news|a fact|something) about {thing}
what do you (think|know) about {thing}
(translate|spell|define|pronounce) {thing} [in (french|german|spanish)]
(book|order|call) [me] a (taxi|table|room|flight) (to|in) {weather} [{day}]
order {item} (online|for delivery|from the store)
(navigate|drive|take me|show me the way) to [the] {zone}
how (long|far) (is it|does it take) to [the] {zone}
is the {zone} (open|closed|busy) {day}
(find|show) [me] (restaurants|hotels|photos|pictures) (near|in|of) {weather}
what is {number} (plus|times|minus|divided by) {number}
how much is {number} (dollars|pounds|miles|kilos) in (euros|grams|kilometres|yen)
(flip a coin|roll a dice|pick a number|sing a song|tell me a joke)
who won the (game|match|race|election) {day}
what (time|day) does the (game|match|movie|train|store) start [{day}]
(post|share|upload) (a|my|the) (photo|video|picture) of {thing}
(i|we) (like|love|hate|saw|want|miss) {thing} [very much|a lot|too]
i (feel|am|was) (tired|hungry|happy|bored|sad|sick) [{day}]
my {food} (is|was|are|were) (cold|too hot|burnt|delicious)
the {style} concert (was|is) (great|awful|sold out) [{day}]
{person} (said|thinks|hopes) [that] {topic} (is|was) (over|boring|fine)
{person} and {person} (are|were) at the {zone} [{day}]
(pay|check|show) my (bill|balance|account|credit card)
(transfer|send) {number} (dollars|euros) to {person}
(buy|sell) {number} shares of {thing}
what should i (wear|eat|read|cook|watch) {day}
(start|stop) (recording|filming|counting|laughing|the car)
(install|update|download|close) the {style} app
(take|make|write) a note (about|for) {topic}
(summarise|print|save|rename) the (document|file|page) about {topic}
turn left at the {zone}
the {light} (was|is) a gift from {person}
"""


def near_templates() -> list[Template]:
    """The requests to other assistants, as templates of the intent 'none'."""
    return [Template(NONE, line) for line in NEAR.strip().splitlines()]


def with_number(grammar: Grammar) -> Grammar:
    """The same lists and rules with the {number} that these templates use."""
    return Grammar(near_templates(), {**grammar.lists, "number": {"range": {"from": 1, "to": 100}}}, grammar.rules)


def chat() -> list[str]:
    """Short English sentences of chatterbot-corpus, without repeats, in a fixed order."""
    yaml, folder = need("yaml"), files(need("chatterbot_corpus")).joinpath("data", "english")
    texts: dict[str, None] = {}
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if not file.name.endswith(".yml") or file.name in _LEFT_OUT:
            continue
        for conversation in yaml.safe_load(file.read_text(encoding="utf-8"))["conversations"]:
            texts.update({str(line).strip(): None for line in conversation if 8 <= len(str(line)) <= 60})
    return [text for text in texts if text.isascii()]
