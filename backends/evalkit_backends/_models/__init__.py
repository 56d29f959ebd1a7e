"""What backends that run a model themselves share: finding it, and its tokens.

A mistake of the user's is told in the name of the backend that asks, `backend`.
"""
