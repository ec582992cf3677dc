"""Models as clients of `/api/*` list, show, make and fetch them."""
