"""What the upload's script says, in the language of the page."""

from __future__ import annotations

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """Sentences by the names that the script knows them by; it fills what is in braces."""
    return {
        # How a file stands.
        "reading": _("Getting ready…"),
        "paused": _("Paused. Continue whenever you like."),
        "checking": _("Arrived. Being checked…"),
        "done": _("Arrived whole and kept safe. It is being processed."),
        "ended": _("Given up."),
        "known": _("This file is already here, as “{title}”."),
        "unreadable": _("The file can no longer be read. Choose it again."),
        "too_large": _("The file is larger than allowed. Cut it or export it smaller."),
        "choose": _("Choose a file first."),
        "other": _("This is another file. Choose “{name}”."),
        # Why it waits.
        "offline": _("No connection. It goes on by itself as soon as there is one."),
        "line": _("The connection is bad. It is tried again by itself…"),
        "login": _(
            "You are logged out. Log in again in another window; it then goes on by itself."
        ),
        # How long it takes.
        "seconds": _("about {n} seconds left"),
        "minutes": _("about {n} minutes left"),
        "hours": _("about {n} hours left"),
        # What can be done.
        "pause": _("Pause"),
        "resume": _("Continue"),
        "cancel": _("Give up"),
        "open": _("Open"),
        "use": _("Use it"),
        "again": _("Upload it again"),
    }
