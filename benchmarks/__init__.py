"""Suites of asv; ``compare.py`` and ``peers/`` time other libraries beside fernet."""
