"""What every HTTP request passes before a dialect sees it."""
