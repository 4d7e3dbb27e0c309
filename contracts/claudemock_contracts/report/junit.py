"""JUnit XML of the contracts alone: a case for each test, warnings as properties because JUnit has no such level."""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from claudemock_contracts.report.model import Run, TestResult
from claudemock_contracts.report.text import headline, render_failure

_UNPRINTABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(run: Run) -> str:
    """The file's text."""
    suite = Element("testsuite", name="claude contracts", tests=str(len(run.results)), errors="0", skipped="0")
    failures = 0
    for result in run.results:
        failures += _case(suite, result)
    suite.set("failures", str(failures))
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode")


def _case(suite: Element, result: TestResult) -> bool:
    classname, name = _named(result.test or "recorded traffic")
    case = SubElement(suite, "testcase", classname=_printable(classname), name=_printable(name))
    if result.file:
        case.set("file", result.file)
    if result.line:
        case.set("line", str(result.line))
    told = [(f"claude.{each['rule']}", f"{each['severity']}: {each['actual']}") for each in result.findings]
    told += [(f"claude.{each['kind']}", f"{each['severity']}: {each['text']}") for each in result.problems]
    if told:
        properties = SubElement(case, "properties")
        for key, value in told:
            SubElement(properties, "property", name=key, value=_printable(value))
    findings = [each for each in result.findings if each["severity"] == "error"]
    problems = [each for each in result.problems if each["severity"] == "error"]
    if findings or problems:
        failure = SubElement(case, "failure", message=_printable(headline(findings, problems)))
        failure.text = _printable(render_failure(findings, problems))
    return bool(findings or problems)


def _named(test: str) -> tuple[str, str]:
    """A test as pytest's own JUnit file names it, so that both can be put side by side."""
    path, bracket, parameters = test.partition("[")
    file, *classes = path.split("::")
    name = classes.pop() if classes else file
    return ".".join([file.removesuffix(".py").replace("/", "."), *classes]), f"{name}{bracket}{parameters}"


def _printable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _UNPRINTABLE.sub("�", text)
