"""Says the same thing as people would: politeness, synonyms, dropped articles, another order of words, short forms, fillers, typing
errors.

Works on marked sentences (``tinylm.lm.commands.Marked``), so that values stay found wherever they move.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace

from tinylm.lm.commands import CLOSE, MARK, Marked

_OPEN = f"[{chr(MARK)}-{chr(MARK + 63)}]"
_VALUE = re.compile(f"({_OPEN}[^{CLOSE}]*{CLOSE})")
_PLACE = re.compile(f" (?:in|on|at) (?:the |my |our )?{_OPEN}[^{CLOSE}]*{CLOSE}(?: floor)?(?=$| )")
_ARTICLE = re.compile(r"\b(?:the|my|our|a|an) ")

_BEFORE = """
please|can you|could you|can you please|could you please|would you|would you please|will you|hey|okay|ok|hi|i want you to
i'd like you to|i need you to|go ahead and|just|now|so|kindly|hey can you|hello please|could you kindly|be so kind and
i would like to|i want to|i'd like to|let's|please just|quickly|yo|computer|assistant|hey assistant|hey home|ok home|hey house
alright|um|uh|well|and|then|also|next|can we|could we|is it possible to|you can|you should|do me a favor and|help me|i need to
time to|we need to|make sure to|don't forget to|for me please|right
"""
# What stands well in front of a question.
_BEFORE_ANY = """
hey|okay|ok|um|uh|well|so|and|computer|assistant|hey assistant|hey home|please|hi|alright|tell me|do you know|can you tell me
i wonder
"""
_AFTER = """
please|now|right now|thanks|thank you|for me|please and thanks|.|immediately|quickly|if you can|if possible|again|asap|for a bit|ok
okay|would you|will you|pls
"""
_AFTER_ANY = "please|now|thanks|thank you|.|for me|right now|ok|okay|pls"
_FILLERS = ("um", "uh", "like", "just", "er", "actually")

# Each line: ways to say one thing; any of them may stand for any other (whole words, outside values).
_SYNONYMS = """
turn on|switch on|put on|power on|flip on|turn on
turn off|switch off|shut off|power off|kill|cut|turn off|power down|shut down
what is|what's|whats|tell me
what is the|what's the|whats the|tell me the|give me the|show me the|what would be the
how is|how's|hows
set|put|adjust|change|make|set
change|switch|adjust|set|move
increase|raise|bump up|turn up|boost|push up
decrease|lower|reduce|turn down|bring down|drop
brightness|light level|brightness level|intensity
percent|per cent|%|percent
temperature|temp|heat
degrees|degree|degrees
lights|lamps|lighting|light
all the|all of the|every|all|all my
color|colour|shade
is there|are there
cancel|stop|delete|kill|get rid of|end
pause|halt|hold|freeze
resume|continue|unpause|restart|carry on with
start|begin|launch|run|kick off|create
add|put|append|include|write
remove|delete|take|scratch|cross
everywhere|in the whole house|in the entire house|all over the house|throughout the house
vacuum|hoover|clean
start|run|send out
return|send back|bring back
next|skip to the next
song|track
play|put on|start playing|listen to|play me
volume|sound|sound level|audio
mute|silence|make quiet
unmute|turn the sound back on for
broadcast|announce|tell everyone|say
minutes|mins|min|minute
minute|min
seconds|secs|sec
hours|hrs|hour
hour|hr
are any|is any|are some|are there any
which|what
open|open up|raise
close|shut|close up|pull down|lower
lock|secure|lock up
weather|weather forecast|forecast
in the|inside the|inside of the|over in the|within the|in the

activate|start|trigger|run|turn on
garage door|garage
"""
_WAYS = [line.split("|") for line in _SYNONYMS.strip().splitlines() if line]
_OTHERS: dict[str, list[str]] = {}
for _ways in _WAYS:
    for _way in dict.fromkeys(_ways):
        _OTHERS.setdefault(_way, []).extend(other for other in _ways if other != _way)
_SAID = re.compile(rf"(?<![^ ])(?:{'|'.join(re.escape(way) for way in sorted(_OTHERS, key=len, reverse=True))})(?![^ ])")
# The neighbours of a to z on the keyboard.
_NEAR = "qsz vgn xdf sfc wrd dgv fhb gjn uok hkm jl kop nk bm ipl ol wa etf adw rgy yij cb qe zc tuh asx"
_NEAR_KEYS = dict(zip("abcdefghijklmnopqrstuvwxyz", _NEAR.split(), strict=True))
_QUESTION = re.compile(r"^(?:what|which|how|is|are|where|who|why|when|do|does|did|has|have|will|whats|hows|wheres|was)\b")
# Said in full and shortened; one may stand for the other.
_SHORT = """
i am=i'm|it is=it's|what is=what's|that is=that's|where is=where's|who is=who's|how is=how's|there is=there's|do not=don't|does not=doesn't
is not=isn't|are not=aren't|can not=can't|i would=i'd|i have=i've|we are=we're|let us=let's|i will=i'll|going to=gonna|want to=wanna
"""
# Synonyms that would change what these intents mean are not used on them.
_KEEP = {"HassRespond", "HassNevermind", "HassShoppingListCompleteItem", "HassListCompleteItem"}


def _listed(text: str) -> list[str]:
    return text.strip().replace("\n", "|").split("|")


_FORMS = dict(pair.split("=") for pair in _listed(_SHORT))
_FORMS |= {short: full for full, short in _FORMS.items()}
_FORM = re.compile(rf"(?<![^ ])(?:{'|'.join(map(re.escape, _FORMS))})(?![^ ])")


def vary(row: Marked, rng: random.Random, forms: bool = False) -> Marked:
    """The same request in other words: each change with its own chance. forms: short forms and missing apostrophes among them."""
    text = row.text
    if row.intent not in _KEEP and rng.random() < 0.4:
        text = _synonym(text, rng)
    if rng.random() < 0.12:
        text = _reorder(text, rng)
    if rng.random() < 0.2:
        text = _outside(text, lambda part: _ARTICLE.sub(lambda match: "" if rng.random() < 0.8 else match[0], part))
    if rng.random() < 0.35:
        text = _polite(text, rng)
    if forms and rng.random() < 0.2:
        text = _outside(text, lambda part: _shorten(part, rng))
    if rng.random() < 0.03:
        text = _filler(text, rng)
    if rng.random() < 0.08:
        text = typo(text, rng)
    return replace(row, text=text.strip()) if text.strip() else row


def _outside(text: str, change: Callable[[str], str]) -> str:
    """Change only what stands outside values."""
    parts = _VALUE.split(text)
    return "".join(part if at % 2 else change(part) for at, part in enumerate(parts))


def _synonym(text: str, rng: random.Random) -> str:
    """One or two words said otherwise."""
    for _ in range(rng.choice([1, 1, 2])):
        plain = _VALUE.sub(lambda match: "\x00" * len(match[0]), text.lower())
        places = list(_SAID.finditer(plain))
        if not places:
            break
        match = rng.choice(places)
        text = text[: match.start()] + rng.choice(_OTHERS[match[0]]) + text[match.end() :]
    return text


def _shorten(text: str, rng: random.Random) -> str:
    """Write "it is" for "it's" or the other way round; or, as people type, no apostrophe."""
    if rng.random() < 0.5:
        return text.replace("'", "")
    return _FORM.sub(lambda match: _FORMS[match[0]], text)


def _reorder(text: str, rng: random.Random) -> str:
    """The place said first: 'in the kitchen turn on the lights'; or, rarely, two halves around a comma."""
    match = _PLACE.search(text)
    if match is None or (match.start() == 0 and match.end() == len(text)):
        return text
    rest = text[: match.start()] + text[match.end() :]
    place = match[0].strip()
    return f"{place} {rest.strip()}" if rng.random() < 0.8 else f"{rest.strip()} {place}"


def _polite(text: str, rng: random.Random) -> str:
    question = bool(_QUESTION.match(text.lower()))
    if rng.random() < 0.7:
        text = f"{rng.choice(_listed(_BEFORE_ANY if question else _BEFORE))} {text}"
    if rng.random() < 0.4:
        text = f"{text} {rng.choice(_listed(_AFTER_ANY if question else _AFTER))}"
    return text


def _filler(text: str, rng: random.Random) -> str:
    def insert(part: str) -> str:
        words = part.split(" ")
        if len(words) > 2:
            words.insert(rng.randrange(1, len(words) - 1), rng.choice(_FILLERS))
        return " ".join(words)

    return _outside(text, insert)


def typo(text: str, rng: random.Random) -> str:
    """One typing error in a word of four letters or more: two letters swapped, one left out, doubled, or its neighbour on the keyboard."""
    places = list(re.finditer(r"[a-zA-Z]{4,}", text))
    if not places:
        return text
    match = rng.choice(places)
    word, at = match[0], rng.randrange(1, len(match[0]) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind == 1:
        word = word[:at] + word[at + 1 :]
    elif kind == 2:
        word = word[:at] + word[at] + word[at:]
    else:
        word = word[:at] + rng.choice(_NEAR_KEYS[word[at].lower()]) + word[at + 1 :]
    return text[: match.start()] + word + text[match.end() :]
