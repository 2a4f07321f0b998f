"""The reference pages that are written from the code: `scripts/generate-reference`."""
