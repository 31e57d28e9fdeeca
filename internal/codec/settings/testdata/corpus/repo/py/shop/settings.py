"""Django settings for shop."""
import os
from pathlib import Path
import environ

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# SECURITY WARNING: keep the secret key used in production secret!
SECRET_KEY = 'django-insecure-8$k!x^2m#v7@q9w&z4(n1)b6_t3+y5=c0*h%l'
DEBUG = True

INSTALLED_APPS = [
    'django.contrib.admin',
    'django.contrib.auth',
]

DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.postgresql',
        'NAME': 'shop',
        'USER': 'shop',
        'PASSWORD': 'dj4ngo "pw" #1',
        'HOST': 'pg.northwind.io',
        'PORT': '5432',
    },
    "replica": {
        "ENGINE": "django.db.backends.postgresql",
        "USER": "ro",
        "PASSWORD": os.environ.get("REPLICA_PASSWORD", "replica-default-3"),
    },
    'legacy': {'ENGINE': 'django.db.backends.mysql', 'PASSWORD': os.environ['LEGACY_DB_PASSWORD'], 'USER': 'legacy'},
    'warehouse': dj_database_url.config(default='postgres://wh:wareh0usePw@wh.northwind.io/wh'),
}

CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://:cacheRedisPw@redis.northwind.io:6379/1"}}

AUTH_PASSWORD_VALIDATORS = [
    {'NAME': 'django.contrib.auth.password_validation.MinimumLengthValidator'},
]
EMAIL_HOST = 'smtp.northwind.io'
EMAIL_HOST_USER = 'shop@northwind.io'
EMAIL_HOST_PASSWORD = 'django mail pw'
AWS_ACCESS_KEY_ID = 'AKIA5DJANG07QXYZABC2'
AWS_SECRET_ACCESS_KEY = 'Dj7/Zr4Tq8+Lm2Vb6Ny0Ks3Hd7Jf1Gp5AeUiOoRt'
STRIPE_SECRET_KEY = env('STRIPE_SECRET_KEY')
SENTRY_DSN = env.str("SENTRY_DSN", default="")
PASSWORD_RESET_TIMEOUT = 3600
CELERY_BROKER_URL = f"amqp://celery:c3leryPw@{RABBIT_HOST}:5672//"
JWT_AUTH = {'JWT_SECRET_KEY': 'jwt-django-Key-77', 'JWT_ALGORITHM': 'HS256'}
TWILIO_AUTH_TOKEN = (
    "0a9b8c7d6e5f40312213f4e5d6c7b8a9"
)
SLACK_TOKEN = os.getenv('SLACK_TOKEN')
STATIC_URL = 'static/'
