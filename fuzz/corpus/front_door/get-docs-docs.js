GET /docs/docs.js
x-session-uuid: @session

