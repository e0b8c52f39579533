# The guide alone: its database is PostgreSQL by DATABASE_URL (docker-compose.yml), else a folder, /app/.data.
FROM node:24.21.0-slim
WORKDIR /app
COPY package.json package-lock.json .puppeteerrc.cjs ./
RUN npm ci --omit=dev --omit=optional && npm cache clean --force
COPY src src
COPY flows flows
COPY content content
ENV NODE_ENV=production PORT=3000
RUN mkdir .data && chown node:node .data
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://localhost:${process.env.PORT}/readyz`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--import", "./src/cache.ts", "src/main.ts"]
