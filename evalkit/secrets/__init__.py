"""Secrets: what is one, where they are known from, finding and hiding them in texts.

A secret is hidden wherever a text is printed for people, and in whatever is stored but
the answers of a model: those are kept as they came, with a note of where it stands.
"""
