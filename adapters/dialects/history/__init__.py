"""Earlier turns of a conversation, put right for whoever reads them next."""
