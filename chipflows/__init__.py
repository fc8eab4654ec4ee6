"""chipflows."""
