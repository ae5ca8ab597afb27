"""How people and programs reach the content."""
