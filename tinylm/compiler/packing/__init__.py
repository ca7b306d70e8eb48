"""Weights laid out at build time as the kernels of a core want them, with the proofs that their arithmetic is exact."""
