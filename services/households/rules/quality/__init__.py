"""The audit rules (数据质量规则): what cadres are scolded for, told before anybody else sees it.

Source: docs/field.md, Audit rules.
"""
