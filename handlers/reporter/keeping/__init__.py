"""Keeps what outlives a run: reports in S3, totals with their history, and marks of sent mails."""
