"""Architecture search under a board's limits: trials, successive halving, and whoever runs them."""
