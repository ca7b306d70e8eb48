"""From a program and a board to an image: rendered C, toolchain, formats, sizes."""
