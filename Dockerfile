FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN npm install && npm prune --omit=dev

FROM node:24-slim
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/bin ./bin
COPY --from=build /app/dist ./dist
COPY --from=build /app/schema ./schema
COPY --from=build /app/console/dist ./console/dist
RUN mkdir .foz && chown node:node .foz
USER node
EXPOSE 8080
CMD ["node", "bin/foz.js", "serve"]
