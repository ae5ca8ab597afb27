"""The leak hunt: everything that is not public, looked for wherever anybody can reach."""
