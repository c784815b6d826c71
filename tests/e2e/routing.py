"""All services behind one base URL, as the gateway of a deployment shows them."""

from collections.abc import Mapping

import httpx


class ByService(httpx.AsyncBaseTransport):
    """Sends a request to the process of the service that its path begins with."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = {service: httpx.URL(url) for service, url in urls.items()}
        self._network = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as that process does."""
        service = request.url.path.split("/", 2)[1]
        target = self._urls[service]
        request.url = request.url.copy_with(scheme=target.scheme, host=target.host, port=target.port)
        return await self._network.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._network.aclose()
