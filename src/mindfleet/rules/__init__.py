"""Language by rules: what the offline provider knows. English; says nothing rather than something false."""
