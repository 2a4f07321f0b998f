"""What bot.sh calls."""
