"""Images onto boards: UF2 drives, and the flashing tools that are installed."""
