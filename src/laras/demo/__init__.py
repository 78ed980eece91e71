"""The demo network: real areas, invented organisations, people and results. Never loaded into an installation in use."""
