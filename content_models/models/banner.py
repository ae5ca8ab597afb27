"""What headquarters announces in an emergency, above every page of the site."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting
from wagtail.models import Page

from content_models.plain_text import one_line

LONGEST_ANNOUNCEMENT = 200


class BannerUrgency(models.TextChoices):
    """How much it presses; nobody can close the highest."""

    NOTICE = "NOTICE", _("Notice: readers may close it")
    WARNING = "WARNING", _("Warning: readers may close it")
    CRITICAL = "CRITICAL", _("Danger: nobody can close it")


class EmergencyBanner(BaseGenericSetting):
    """One for the whole site; without a text there is none."""

    text = models.CharField(
        _("announcement"),
        max_length=LONGEST_ANNOUNCEMENT,
        blank=True,
        help_text=_("In Indonesian, plain text. Empty it to end the announcement now."),
    )
    text_english = models.CharField(
        _("the same in English"), max_length=LONGEST_ANNOUNCEMENT, blank=True
    )
    urgency = models.CharField(
        _("urgency"), max_length=8, choices=BannerUrgency.choices, default=BannerUrgency.WARNING
    )
    link_page = models.ForeignKey(
        Page,
        verbose_name=_("leads to a page"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Only while that page is public."),
    )
    link_url = models.URLField(
        _("or to an address elsewhere"),
        blank=True,
        max_length=500,
        validators=[URLValidator(schemes=["https"])],
    )
    starts_at = models.DateTimeField(
        _("from"), null=True, blank=True, help_text=_("Empty: as soon as it is saved.")
    )
    ends_at = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("It ends by itself at this moment.")
    )

    panels = [
        MultiFieldPanel(
            [FieldPanel("text"), FieldPanel("text_english"), FieldPanel("urgency")],
            heading=_("What it says"),
        ),
        FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")], heading=_("When")),
        MultiFieldPanel([FieldPanel("link_page"), FieldPanel("link_url")], heading=_("More")),
    ]

    class Meta:
        verbose_name = _("emergency announcement")
        verbose_name_plural = _("emergency announcements")

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        super().clean()
        self.text, self.text_english = one_line(self.text), one_line(self.text_english)
        errors: dict[str, Promise] = {}
        if self.text_english and not self.text:
            if self._is_being_ended():
                self.text_english = ""
            else:
                errors["text"] = _("Write it in Indonesian, too.")
        if self.text and (trouble := self._trouble_with_end()):
            errors["ends_at"] = trouble
        if self.link_page_id and self.link_url:
            errors["link_url"] = _("Choose a page or give an address, not both.")
        if errors:
            raise ValidationError(errors)

    def _is_being_ended(self) -> bool:
        """Whether the text that was there is taken away, which must be easy."""
        return type(self).objects.filter(pk=self.pk).exclude(text="").exists()

    def _trouble_with_end(self) -> Promise | None:
        if self.ends_at is None:
            return _("Say when it ends; it can be ended earlier at any time.")
        now = timezone.now()
        if self.ends_at <= max(now, self.starts_at or now):
            return _("This is past, or before it begins. Choose a later moment, or empty the text.")
        return None
