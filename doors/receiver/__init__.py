"""The receiver: alerts of other systems come in here, are kept, and lead to what the plans say."""
