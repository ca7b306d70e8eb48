"""Tests and measurements of firmware over a session: conformance, equality with the oracle, speed."""
