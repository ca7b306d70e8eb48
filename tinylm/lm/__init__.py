"""Everything about language models: corpora, training, export, evaluation.

tokenizer, answers and recipe need the base install only; the rest needs the train extra (imported lazily) or the oracle's wheel.
"""
