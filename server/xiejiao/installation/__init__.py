"""What an installation tells about itself: who runs it, its filing numbers, its privacy text, its base map."""
