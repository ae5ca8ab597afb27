"""The preview door: drafts, for their editors only."""
