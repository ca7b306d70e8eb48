"""Everything about language models: corpora, training, export, evaluation. Needs the train extra; import lazily."""
