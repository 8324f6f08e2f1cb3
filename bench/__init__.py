"""The benchmark programs; ``python -m bench`` runs them against a demo of their own."""
