"""Where an estimator is described: scikit-learn's pictures of estimators link to it."""

from __future__ import annotations

__all__ = ["SITE", "DocumentationLink"]
__dir__ = __all__.copy

SITE = "https://fernet-emotion.github.io/fernet"
"""The guide's address."""


class DocumentationLink:
    """Mixin of estimators: what notebooks show of them has a link to their page of the reference.

    Estimators that others derive from these have no page, and no link.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> FERMLPClassifier()._get_doc_link().removeprefix(SITE)
    '/reference/api/fernet.FERMLPClassifier.html'
    """

    _doc_link_module = "fernet"
    _doc_link_template = SITE + "/reference/api/{room}.{name}.html"

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        room = ".".join(type(self).__module__.split(".")[:2])
        # What stands in `fernet` itself is described there.
        return {"room": room.removesuffix(".estimators"), "name": type(self).__name__}
