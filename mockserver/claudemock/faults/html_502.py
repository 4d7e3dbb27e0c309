"""A proxy's page where JSON was expected."""

from claudemock.faults.base import Page, Target
from claudemock.faults.http import Answer

_PAGE = (
    "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    "<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)
_TITLES = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}


class Html502(Answer):
    """502 with an HTML page and without the API's headers: it never got there. `message` replaces the page."""

    def on_request(self, target: Target) -> Page:
        """The page."""
        status = self.status or 502
        page = self.message if self.message is not None else _PAGE.format(title=_TITLES.get(status, f"{status} Error"))
        headers = {"content-type": "text/html", "server": "cloudflare"} | self.response_headers(target, status)
        return Page(status, {name: value for name, value in headers.items() if value}, page.encode())
