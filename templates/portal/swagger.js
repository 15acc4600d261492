"use strict";

SwaggerUIBundle({
  url: "{{ schema_url|escapejs }}",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  // Keys stay in this page: neither stored in the browser nor sent to a validator elsewhere.
  persistAuthorization: false,
  validatorUrl: null,
});
