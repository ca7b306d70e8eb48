"""What a right answer costs a model that is told it token by token (teacher forcing): cross entropy of its tokens and pointers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tinylm.lm.answers import Encoded
from tinylm.lm.tokenizer import Tokenizer

Reals = NDArray[np.floating]
#: logits of the structural tokens, scores of the window's positions for a value's first piece, and for its last.
Outputs = Sequence[Reals]


def cost(tokenizer: Tokenizer, made: Encoded, outputs: Outputs, step: Callable[[int], Outputs]) -> tuple[float, int]:
    """(nats, bytes of what tokens and pointers stand for). outputs: after the prompt; step: feeds a token, the outputs after it."""
    nats, size = 0.0, 0
    for at, id in enumerate(made.answer):
        first, last = made.spans[at - 1] if at else (-1, -1)
        ends = [(0, id - tokenizer.first_structural)] + ([(1, first), (2, last)] if first >= 0 else [])
        for output, right in ends:
            scores = outputs[output][: None if output == 0 else len(made.prompt) - 1]
            nats += float(np.log(np.exp(scores - scores.max()).sum()) - (scores[right] - scores.max()))
        span = made.prompt[first : last + 1] if first >= 0 else []
        size += sum(len(tokenizer.tokens[one].encode()) for one in (id, *span))
        if at + 1 < len(made.answer):
            outputs = step(id)
    return nats, size
