"""A headless Chromium that opens the Airflow UI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.airflow.deadline import eventually

SCREENSHOTS = "AIRFLOW_BATCH_SCREENSHOTS"
"""The variable with the folder for screenshots; those in the README are made this way."""

SECONDS = 120
"""Timeout for the page; long, because Airflow keeps the machine busy."""

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,800",
)


_READ_FIELDS = """
const within = (selector) => document.querySelectorAll(`[role='dialog'] ${selector}`);
const fields = {};
for (const e of [...within("[name^='element_']"), ...within("[id^='element_']")]) {
  const name = (e.getAttribute("name") || e.id).replace("element_", "");
  fields[name] = {
    tag: e.tagName, type: e.type || "", role: e.getAttribute("role"), value: e.value, text: e.innerText,
    min: e.min || e.getAttribute("aria-valuemin"), max: e.max || e.getAttribute("aria-valuemax"),
  };
}
return fields;
"""


class Browser:
    """A browser with the UI of one Airflow deployment."""

    def __init__(self, driver: Chrome, url: str) -> None:
        self._driver = driver
        self._url = url
        self._wait = WebDriverWait(driver, SECONDS)

    def open(self, path: str) -> None:
        self._driver.get(self._url + path)

    def show_graph(self) -> None:
        """Switch from the grid to the graph."""
        self._wait_for("button[aria-label^='Show Graph']")[0].click()

    def graph_nodes(self) -> set[str]:
        return set(eventually(lambda: self._attributes(".react-flow__node", "data-id"), seconds=SECONDS))

    def graph_edges(self) -> set[str]:
        return set(eventually(lambda: self._attributes(".react-flow__edge", "data-id"), seconds=SECONDS))

    def open_trigger_form(self) -> None:
        """Open the form for a new run in a window tall enough to show all params."""
        self._driver.set_window_size(1100, 1750)
        self._wait_for("button[aria-label*='Trigger']")[0].click()
        self._wait_for("[role='dialog'] [name^='element_'], [role='dialog'] [id^='element_']")

    def open_documentation(self) -> str:
        """Open the documentation of a DAG or task, enlarge its dialog as a user can, and return its text."""
        self._wait_for("[data-testid='markdown-button']")[0].click()
        self._wait_for("[role='dialog'][data-state='open'] code")
        dialog = self._wait_for("[role='dialog'][data-state='open']")[0]
        enlarge = "Object.assign(arguments[0].firstElementChild.style, {width: '1000px', height: '500px'})"
        self._driver.execute_script(enlarge, dialog)
        # Not `text`, which joins the lines of code.
        return str(dialog.get_property("innerText"))

    def form_fields(self) -> dict[str, dict[str, Any]]:
        """Return tag, type, text and bounds of each form field, by param."""
        return dict(self._driver.execute_script(_READ_FIELDS))

    def wait_for_text(self, text: str) -> None:
        body = (By.TAG_NAME, "body")
        self._wait.until(lambda driver: text in driver.find_element(*body).text)

    def link_target(self, text: str) -> str | None:
        """Return the URL of the link or button with the given text."""
        links = (By.XPATH, f"//a[contains(., '{text}')]")
        found = self._wait.until(lambda driver: driver.find_elements(*links))
        return found[0].get_attribute("href")

    def take_screenshot(self, name: str) -> None:
        """Save a screenshot if a folder for screenshots is set."""
        if folder := os.environ.get(SCREENSHOTS):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self._driver.save_screenshot(str(Path(folder) / f"{name}.png"))

    def _wait_for(self, selector: str) -> list[WebElement]:
        return self._wait.until(lambda driver: driver.find_elements(By.CSS_SELECTOR, selector))

    def _attributes(self, selector: str, attribute: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map(e => e.getAttribute(arguments[1]))"
        return list(self._driver.execute_script(script, selector, attribute))


@contextmanager
def chromium(url: str) -> Iterator[Browser]:
    """Start Chromium for one Airflow deployment; skip the test if Chromium is not installed."""
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium, chromium-driver)")
    options = ChromeOptions()
    options.binary_location = programs[0]
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    driver = Chrome(options=options, service=Service(programs[1]))
    try:
        driver.get(
            f"{url}/auth/token/login"
        )  # before Airflow 3.3, the first page redirects to the start page
        yield Browser(driver, url)
    finally:
        driver.quit()
