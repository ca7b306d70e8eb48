"""Pages and pictures made from programs and results."""
