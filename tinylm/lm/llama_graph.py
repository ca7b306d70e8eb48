"""tinylm.lm.llama in TensorFlow, for many texts at once: what training differentiates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinylm.lm.llama import Floats, Llama


class Graph:
    """The logits of a model's shape, with weights given at each call. model: its shape and constants; its weights are not used."""

    def __init__(self, tf: Any, model: Llama) -> None:
        self.tf, self.model = tf, model

    def logits(self, w: Mapping[str, Any], tokens: Any) -> Any:
        """[batch, n, vocabulary] of tokens [batch, n]. w: by the names of ``Llama.weights``."""
        tf, s = self.tf, self.model.shape
        length = tokens.shape[1]
        cos, sin = self.model.angles(np.arange(length))
        mask = np.where(np.tril(np.ones((length, length), bool)), 0, -1e9).astype(np.float32)
        x = tf.gather(w["embedding"], tokens)
        for layer in range(s.layers):
            h = self._normed(x) * w["attention_norm"][layer]
            q, k, v = (self._heads(h, w[name][layer]) for name in ("wq", "wk", "wv"))
            group = s.heads // s.kv_heads
            q, k, v = self._turned(q, cos, sin), tf.repeat(self._turned(k, cos, sin), group, axis=1), tf.repeat(v, group, axis=1)
            shares = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / np.float32(np.sqrt(s.head)) + mask)
            mixed = tf.transpose(tf.matmul(shares, v), [0, 2, 1, 3])
            x += tf.matmul(tf.reshape(mixed, [-1, length, s.dim]), w["wo"][layer], transpose_b=True)
            h = self._normed(x) * w["ffn_norm"][layer]
            gate, up = (tf.matmul(h, w[name][layer], transpose_b=True) for name in ("w1", "w3"))
            x += tf.matmul(tf.nn.silu(gate) * up, w["w2"][layer], transpose_b=True)
        head = w["head"] if "head" in w else w["embedding"]
        return tf.matmul(self._normed(x) * w["norm"], head, transpose_b=True)

    def _normed(self, x: Any) -> Any:
        return x * self.tf.math.rsqrt(self.tf.reduce_mean(x * x, axis=-1, keepdims=True) + self.model.epsilon)

    def _heads(self, h: Any, matrix: Any) -> Any:
        """[batch, heads, n, head]"""
        tf, width = self.tf, self.model.shape.head
        flat = tf.matmul(h, matrix, transpose_b=True)
        return tf.transpose(tf.reshape(flat, [-1, flat.shape[1], flat.shape[2] // width, width]), [0, 2, 1, 3])

    def _turned(self, x: Any, cos: Floats, sin: Floats) -> Any:
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = self.tf.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1)
        return self.tf.reshape(turned, self.tf.shape(x))
