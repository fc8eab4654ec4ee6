"""Live sources: what each one answers, read into frames and checked before anything is kept."""
