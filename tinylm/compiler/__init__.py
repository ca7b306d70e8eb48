"""From a .tflite to a program: reader, graph, passes, arena plan, generated C."""
