"""What the measuring scripts share: conversations with questions, and ways to rank what was said."""
