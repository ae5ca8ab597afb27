"""Every change an editor, a command or a shell can make: told with the change, or not made."""
