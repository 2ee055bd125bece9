"""Writes DynamoDB's expressions, with a placeholder for every name and value: many plain words are reserved there."""

from typing import Any

AttributeValue = dict[str, Any]


def value(plain: str | int | bool | set[str]) -> AttributeValue:
    """The attribute value of a plain one; a set is one of strings."""
    if isinstance(plain, bool):
        return {"BOOL": plain}
    if isinstance(plain, int):
        return {"N": str(plain)}
    return {"S": plain} if isinstance(plain, str) else {"SS": sorted(plain)}


class Expression:
    """The names and values of one request's expressions, and its changes and conditions."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, AttributeValue] = {}
        self._changes: dict[str, list[str]] = {}
        self._conditions: list[str] = []

    def assign(self, **attributes: str | int | bool) -> "Expression":
        """Sets attributes."""
        for name, plain in attributes.items():
            self._change("SET", f"{self._name(name)} = {self._value(plain)}")
        return self

    def assign_once(self, **attributes: str | int) -> "Expression":
        """Sets attributes that are not set yet."""
        for name, plain in attributes.items():
            alias = self._name(name)
            self._change("SET", f"{alias} = if_not_exists({alias}, {self._value(plain)})")
        return self

    def add(self, **attributes: int | set[str]) -> "Expression":
        """Adds to numbers, or members to sets."""
        for name, plain in attributes.items():
            self._change("ADD", f"{self._name(name)} {self._value(plain)}")
        return self

    def remove(self, *names: str) -> "Expression":
        """Removes attributes."""
        for name in names:
            self._change("REMOVE", self._name(name))
        return self

    def delete(self, **attributes: set[str]) -> "Expression":
        """Takes members out of sets."""
        for name, members in attributes.items():
            self._change("DELETE", f"{self._name(name)} {self._value(members)}")
        return self

    def where(self, name: str, operator: str, plain: str | int) -> "Expression":
        """Requires an attribute to compare so."""
        self._conditions.append(f"{self._name(name)} {operator} {self._value(plain)}")
        return self

    def without(self, name: str) -> "Expression":
        """Requires an attribute to be absent."""
        self._conditions.append(f"attribute_not_exists({self._name(name)})")
        return self

    def request(self, condition: str = "ConditionExpression") -> dict[str, Any]:
        """The parameters of the request; `condition` names the one that takes the conditions."""
        changes = " ".join(f"{verb} {', '.join(parts)}" for verb, parts in self._changes.items())
        parameters = {
            "UpdateExpression": changes,
            condition: " AND ".join(self._conditions),
            "ExpressionAttributeNames": self._names,
            "ExpressionAttributeValues": self._values,
        }
        return {name: parameter for name, parameter in parameters.items() if parameter}

    def _change(self, verb: str, change: str) -> None:
        self._changes.setdefault(verb, []).append(change)

    def _name(self, name: str) -> str:
        self._names[f"#{name}"] = name
        return f"#{name}"

    def _value(self, plain: str | int | bool | set[str]) -> str:
        alias = f":{len(self._values)}"
        self._values[alias] = value(plain)
        return alias
