"""Pages that people read: one document explained, a release reviewed."""
