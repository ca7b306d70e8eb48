"""Places where an image runs, behind one session."""
