"""Settings by profile: embedded, production, test; all from the environment."""
