"""tinylm: tiny language models, and any int8 .tflite, on microcontrollers."""
