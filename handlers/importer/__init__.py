"""Copies files from S3 into a DynamoDB table, whatever their size."""
